"""Model files of XGBoost, LightGBM and CatBoost: plain data, read strictly and lowered to a graph."""
