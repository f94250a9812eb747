"""Reports that a person can send: one self-contained HTML file, or a PDF."""
