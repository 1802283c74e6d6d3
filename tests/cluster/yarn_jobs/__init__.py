"""Scripts that test_yarn.py submits, as a user would write them."""
