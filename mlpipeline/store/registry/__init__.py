"""Which versions of a bot there are and which one answers: MLflow's rows and the pointers beside them."""
