"""Making an encoder for heart sounds: material, invariances, objectives, the loop, and the folder that comes out."""
