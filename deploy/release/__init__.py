"""What is looked at before a release: bill of materials, licences, secrets, known weaknesses, one version everywhere."""
