"""Turns a trained model into the model directory that the browser loads."""
