"""The administrator's configuration: one module for what belongs together, and how it is read from a file."""

from platform_contracts.config.data_source import DataSource
from platform_contracts.config.guardrails import Guardrails
from platform_contracts.config.loading import absent_files, load, mistakes
from platform_contracts.config.process import Client, Http, Intervals, LogFormat, Logging
from platform_contracts.config.rules import RuleOutput, Rules
from platform_contracts.config.settings import Config
from platform_contracts.config.web import Web

__all__ = [
    "Client",
    "Config",
    "DataSource",
    "Guardrails",
    "Http",
    "Intervals",
    "LogFormat",
    "Logging",
    "RuleOutput",
    "Rules",
    "Web",
    "absent_files",
    "load",
    "mistakes",
]
