"""The contract language: one module a kind. The CRDs are generated from these models."""
