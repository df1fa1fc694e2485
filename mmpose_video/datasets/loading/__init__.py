"""Read frames, crop clips and collate batches."""
