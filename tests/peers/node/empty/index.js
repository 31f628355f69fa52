// webpack-dev-server wants something to bundle.
