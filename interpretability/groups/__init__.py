"""How the finalists treat groups of people: scores, errors and calibration group by group."""
