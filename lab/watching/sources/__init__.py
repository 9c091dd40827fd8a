"""Where rows come from: standard input, files and folders that grow, Parquet, Kafka and MQTT."""
