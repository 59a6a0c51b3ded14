"""The collector: takes events over HTTP, judges them, and acknowledges what Kafka has made durable."""
