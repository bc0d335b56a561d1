"""Makes public/models/all-minilm-l6-v2/: the sentence embeddings behind prompt_similarity_score."""
