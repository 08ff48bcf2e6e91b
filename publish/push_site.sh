#!/bin/bash
# Put the website in website/ into the branch gh-pages under its version's name, and push one commit.
# NUMBER is that of a pull request, CLOSED says that it ended, REF_TYPE tells a tag from a branch.
set -euo pipefail
remote=${REMOTE:-"https://x-access-token:$TOKEN@github.com/$GITHUB_REPOSITORY.git"}
python=${PYTHON:-python3}

if [ -n "${NUMBER:-}" ]; then name=preview/$NUMBER
elif [ "$REF_TYPE" = tag ]; then name=stable
else name=dev; fi

rm -rf tree
git clone --quiet --depth 1 --branch gh-pages "$remote" tree || git init --quiet --initial-branch gh-pages tree
if [ "${CLOSED:-false}" = true ]; then what=--remove; else what=website; fi
PYTHONPATH=book/_ext "$python" publish/versions.py tree "$name" "$what"

cd tree
git checkout --quiet --orphan next
git add --all
git -c user.name="github-actions[bot]" -c user.email="41898282+github-actions[bot]@users.noreply.github.com" \
  commit --quiet --allow-empty --message "Publish $name"
git push --quiet --force "$remote" next:gh-pages
echo "Published as $name/" | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}"
