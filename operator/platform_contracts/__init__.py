"""Platform Contracts: internal platforms run as products, on Kubernetes."""
