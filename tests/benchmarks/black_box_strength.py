"""Is our best black box as good as CatBoost, LightGBM, XGBoost and the explainable boosting machine at their defaults?

python tests/benchmarks/black_box_strength.py (--only WORD, --file PATH:TARGET, --effort NAME: parts; minutes a table)
"""

from strength import report

if __name__ == "__main__":
    report("black")
