"""A trained model as a folder: JSON, safetensors and a model card."""
