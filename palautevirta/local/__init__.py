"""Real Kafka, real Postgres, a token issuer and our services on loopback, under one data directory."""
