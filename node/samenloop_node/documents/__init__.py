"""Papers for people: the consent form and the letter that tells a person. Made in memory, kept nowhere."""
