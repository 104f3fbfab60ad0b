"""Steps as sentences, and sentences as sound."""
