"""What a network's weight file says that it is made of. No torch here."""

from __future__ import annotations

from salmap.errors import ModelError, WeightsError
from salmap.networks import NetworkConfig
from salmap.weights.info import ModelInfo

#: what weight files call the architecture of all trained networks
NETWORK = "network"


def network_config(info: ModelInfo, file_name: str) -> NetworkConfig:
    """What a network is made of.

    Raises:
        WeightsError: if its file describes no network that this Salmap can build.
    """
    try:
        if info.architecture != NETWORK:
            raise ModelError(f"There is no architecture '{info.architecture[:80]}'.")
        return NetworkConfig.from_json(info.config)
    except ModelError as error:
        raise WeightsError(
            f"{file_name}: its configuration describes no model that this Salmap can build "
            f"({error}) Upgrade Salmap, or choose another model."
        ) from error
