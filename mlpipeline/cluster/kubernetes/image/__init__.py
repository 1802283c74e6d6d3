"""The files that an image is built from; `mlpipeline/cluster/kubernetes/images.py` puts them together."""
