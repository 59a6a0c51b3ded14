"""The shared contracts: events, the national model, SQL, topics and the documents generated from them."""
