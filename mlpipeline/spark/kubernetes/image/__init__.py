"""The files that an image is built from; `mlpipeline/spark/kubernetes/images.py` puts them together."""
