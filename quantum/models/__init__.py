"""The quantum classifiers as scikit-learn estimators, their classical stand-ins, and their files."""
