"""Why the hub did not do what was asked, in a sentence that says what to do next."""

from __future__ import annotations

from heartprobe.bundle.hub.reference import HubReference
from heartprobe.encoders.hub import causes, reason_of
from heartprobe.errors import HubError

_NOT_ALLOWED = (401, 403)


def fetching_failed(error: Exception, wanted: HubReference) -> HubError:
    """Return why a model could not be fetched."""
    from huggingface_hub import constants, errors

    chain = list(causes(error))

    def is_any(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    what, where = f"The model {wanted.name!r}", constants.ENDPOINT
    if is_any(errors.GatedRepoError):
        return HubError(f"{what} is gated: accept its terms at {where}/{wanted.name} and give your token in HF_TOKEN.")
    if is_any(errors.RevisionNotFoundError):
        return HubError(f"{what} has no revision {wanted.revision!r} on {where}; leave it away for the newest one.")
    if is_any(errors.RepositoryNotFoundError):
        return HubError(
            f"{what} is not on {where}, or it is private and the token in HF_TOKEN does not give access to it."
        )
    if constants.HF_HUB_OFFLINE:
        return HubError(
            f"{what} at {wanted.revision} is not whole in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE "
            "forbids to fetch it: unset it once, or give a model folder."
        )
    status = _status(chain)
    if status in _NOT_ALLOWED:
        return HubError(
            f"{where} refuses {wanted.name!r} to the token in HF_TOKEN ({status}): give one that may read it."
        )
    return HubError(
        f"{what} cannot be fetched from {where}: {reason_of(chain)}. Try again, or set HF_HUB_OFFLINE=1 to use what "
        "was fetched before."
    )


def publishing_failed(error: Exception, name: str) -> HubError:
    """Return why a model could not be published."""
    from huggingface_hub import constants, errors

    chain = list(causes(error))
    where = constants.ENDPOINT
    if constants.HF_HUB_OFFLINE or any(isinstance(link, errors.OfflineModeIsEnabled) for link in chain):
        return HubError(f"{name!r} cannot be published: HF_HUB_OFFLINE forbids to ask {where}. Unset it.")
    status = _status(chain)
    if status == 401:
        return HubError(f"{where} does not know the token (401): give a valid one with write access in HF_TOKEN.")
    if status == 403:
        return HubError(
            f"{where} does not let your token write to {name!r} (403): give one with write access to what "
            f"{name.partition('/')[0]!r} owns in HF_TOKEN, or publish under your own name."
        )
    if any(isinstance(link, errors.RepositoryNotFoundError) for link in chain) or status == 404:
        return HubError(f"{where} has no {name!r}, and no owner of that name lets you make it (404). Check the name.")
    return HubError(f"{name!r} cannot be published on {where}: {reason_of(chain)}. Give the same command again.")


def _status(chain: list[BaseException]) -> int | None:
    """Return the status of the hub's answer, if it gave one."""
    for link in chain:
        response = getattr(link, "response", None)
        if response is not None:
            return int(response.status_code)
    return None
