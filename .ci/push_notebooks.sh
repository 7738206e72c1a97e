#!/usr/bin/env bash
# Put a site's clean notebooks on the branch from which Colab opens them: one commit, no history.
#
#     .ci/push_notebooks.sh SITE REMOTE
#
# SITE is the published folder; REMOTE is what `git push` understands. COMMIT names the sources.
set -euo pipefail

site=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$site"
find . -name '*.ipynb' ! -name '*.outputs.ipynb' -print0 | tar --null -cf - -T - | tar -xf - -C "$work"
cd "$work"
[ -n "$(find . -name '*.ipynb' -print -quit)" ] || { echo "$site holds no notebooks" >&2; exit 1; }
git init --quiet --initial-branch=notebooks
git add .
git -c user.name='The published book' -c user.email='noreply@github.com' \
  commit --quiet --message "Notebooks of the site printed from ${COMMIT:-unknown sources}"
git push --quiet --force "$2" notebooks
