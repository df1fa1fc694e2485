"""File formats of labels, boxes and predictions: readers and writers."""
