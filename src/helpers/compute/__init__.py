"""Compute: frames in, frames out; nothing here knows of Jupyter, HTML or colours."""
