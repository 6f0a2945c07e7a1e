# No models: Django announces a finished migration only to apps that have this module.
