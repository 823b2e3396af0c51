"""What a model may hear instead of the heart: who the patient is, where the recording was made, a copied sound."""

from heartprobe.evaluation.audit.confounders import confounder_audit
from heartprobe.evaluation.audit.sentences import audit_sentences

__all__ = ["audit_sentences", "confounder_audit"]
