"""The contract as documents: JSON Schemas, OpenAPI and AsyncAPI, made from the models; pure, and only for tools."""
