"""Estimators and objectives of mutual information."""
