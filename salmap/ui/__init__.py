"""The Streamlit pages and what they share. No array maths and no torch here."""
