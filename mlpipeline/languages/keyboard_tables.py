"""How often Korean syllables and pairs of English letters are written, in steps of half a nat (-ln of the share).

Syllables were counted in the Naver sentiment movie corpus (NSMC, CC0), letter pairs in this project's documents.
"""

from __future__ import annotations

from collections.abc import Mapping

SYLLABLES: Mapping[int, str] = {
    7: "는다이",
    8: "가고영지하화",
    9: "게기나도만보아어에요은을의한",
    10: "그니대데들라로리면무미사서스시인있재정",
    11: "감거내너네드를마말상생수없었여연오우으음자작장적전점좋주진해",
    12: "각간같개것과구까더던동되때랑러런모밌배본볼봤부분비성소습신실안않았야와운유일잘제중짜최치평할했히",
    13: (
        "건걸공국금난남년느단당독든듯디람래려력루르름막많매명못물바반버번봐선세션심싶알애역였용원위임입저조좀"
        "타터토트편함현"
    ),
    14: (
        "강겠결경계관괜극근긴길끝낌냥넘노눈된두따렇레른린릴망멋메몰문뭐박발별불살설속슬식악액억엔예완왜울웃워"
        "잔잼절족준줄직질찮참처청체초추출코크특포품프피합행후"
    ),
    15: (
        "갈겨격교군굿귀급김꼭끼날냐누닌님달담답돌등딩또란럼럽록론릭맞맨머먹며목뭔민밋받방복빠뻔쁘산새색순쉬쉽"
        "슨슴쓰씨약양언얼엄온올외움웠져존죽즈집짱차천충친카캐케키테통티파판표필학허형호회훈흥힘"
    ),
    16: (
        "권글깊깝께껴낮녀놀높놓늘능돈될뒤딱떨뜻랜럭렸류림링몇밖백범법베봉브블뿐삶석솔술써씬앞엇열왔욕잡쟁졌졸"
        "종죠즐즘증찾쳐쾌클큼킬탄태투팅퍼픈향혀혼환황희"
    ),
    17: (
        "갑갔객겁견곤광괴굳궁깔깨꺼꽤꾸꿈끌끔났낸놈덕돋됐됨둘득떠떤떻뛰락랄랐련롭룡륭립맘맛먼몸묘믹믿밀벌벽변"
        "병봄봣빈빛빨빼쁜삼섭손송숨승싫싸쓸암업엉엽옛왕욱웅월윤잇잊잠접죄줘짐짓짝째찍찬창채책철춘취침커큐큰탈"
        "텐튼틀틱패팬페폭풀풋풍플헐험혹홍확활훌휴흐흘"
    ),
    18: (
        "갖걍검겐겼곡골곳굉굴깐꼬꿀끄낄낫냈널념닐닝닥덜돼듣딴딸땐똑뜨랬렵료맥멍멘멜몽뭘볍북빌빙빵섬섹셨숙슈슷"
        "십싱쌍압앗얘엘옥옴왠응익읽잖젊젤줌줬즌징짧쩌쩔쯤찌착찰척첨첫총츠칠컬켜콜콩쿠킨탕택틴팔펑픔픽항햇헤혜"
        "효훨흑흔흠힐"
    ),
    19: (
        "겟겹규균깜꼈꼽끈낚납낭넣논놔뇌늦닫닿됩됬둥뒷듬땜똥랍랙램랫량럴렌렬령률릿멀묻뭉뮤밑밤밥벗벤붙뷰뻐샤센"
        "셔쇼쎄쓴씁씩앙앤염엿웨윌육율잃잭젠쪽찝찡챙쳤촌촬축춤칼컨콘콤킹탁턴톰팀펐폐폴푸헌혁협홀흡힌"
    ),
    20: (
        "값갠갱겉겪껄껏꼴꽃꾼꿔뀌끊낀낙낼냄냉넷녹농놨뉴늙닉닮댄댓덤덩덴뎀뎁둔듭딘딧땅떄떡떼뚜뚱뜩뜬략렉렷례롯"
        "롱룬륜맙맡맹멸몬묵므밍밝뱀벨벼봅븐빗뻤쁨섞셀셈셉숭썩쏘쏠씀앨얻엑엠옆옹왓웬웰윈잉좌쥐쥬짠쩐쩜쫌첩쵝춰"
        "측층칭칸퀄탐탑털텔톤튜틈팍팩펼폰핵혈획휘"
    ),
    21: "갓곧곱깁넬둑뚝렁렐롤뢰뭇붕빅뽑뽕뿌삭샘썼씹옷왤젼줍쭉쯧컥컴컷콧퀴퉁튀팠펙펜핑",
}
"""The syllables of each level, the commonest first; one that stands nowhere is rarer than all."""

LETTER_PAIRS: Mapping[str, str] = {
    "^": "5656668779866676a655886cack",
    "a": "g766ea7d6e8564d7e45488bb7f6",
    "b": "4bbf3ffb6af48f4ff5795fcf6c5",
    "c": "5h8c4eh47e66hc3ah7956hhhae6",
    "d": "6db83bbd5dd9cc6hh76b7ddh9h2",
    "e": "6c6579aeafd675d8a446c897bg3",
    "f": "5fbf55cf3fb6bc4df5a66fffaf4",
    "g": "6adc3c855dc98979g5697gggca2",
    "h": "3bgb3egg5gecag4cg7968gegag3",
    "i": "8957687fifa67357d754e7daia8",
    "j": "3cc84ccc6c9ccc38cc4c46cccc9",
    "k": "6bae2ee85eb9e77eba4e7eeece3",
    "l": "4dd639dd4ha5ed58hd777beh7e4",
    "m": "37e93ggg5gd77955gd7g7gge8e4",
    "n": "7e65494d7ca9d86bid5499gc9i3",
    "o": "9976a88e8d866367i476586dee6",
    "p": "4dcb4gc85gg4eg56g5766geg7c5",
    "q": "bb7b8bbbbbb6bbbbbbbb1bbbbb6",
    "r": "4b973c9d5d7b885ae85679dg7i4",
    "s": "7g8d4ef76i9aae77cd648bafai2",
    "t": "5e9c3ci44igabc6di6588f9d8i3",
    "u": "7687597g8gg564a6g454adggcg7",
    "v": "4ece1ebe4eee896eeeaeceeeae6",
    "w": "4ffd4ff44ffbf64ff65bffbfff3",
    "x": "595d5dd94dda8dd5d9d3ddd8aa4",
    "y": "78bf6cff9ff89866fb56ccafff1",
    "z": "6bbb28b54b8bbb68bb6bbbbb854",
}
"""For a letter (^ before a word) the levels of those that follow, a to z and the end, as base 36 digits."""
