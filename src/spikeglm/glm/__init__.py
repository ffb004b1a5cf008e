"""The scikit-learn faces: thin estimators that say which columns they want."""
