"""What is missing or unsafe in an installation: many small questions, each with an answer and what to do about it."""
