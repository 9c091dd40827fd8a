"""Is our best readable model as good as the explainable boosting machine, and boosting, at the libraries' defaults?

python tests/benchmarks/readable_strength.py (--only WORD, --file PATH:TARGET, --effort NAME: parts; minutes a table)
"""

from strength import report

if __name__ == "__main__":
    report("glass")
