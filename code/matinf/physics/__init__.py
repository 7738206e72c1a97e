"""Physics-informed learning: networks that obey an equation, beside the solvers they rival."""
