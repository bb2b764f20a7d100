#!/bin/sh
# Check a localci note with git, jq, base64 and gpg only; no part of localci is used.
#
#   docs/verify-by-hand.sh COMMIT CERTIFICATE [NOTES-REF]
#
# COMMIT       the commit to look at
# CERTIFICATE  the signer's public key, as `.localci/keys/*.asc` holds it
# NOTES-REF    default: refs/notes/ci
#
# Prints a line for each result whose signature holds and that is about this commit's tree.
# Exit code 0 if there is one that says PASSED, else 1.
set -eu

commit=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "no such commit: $1" >&2; exit 1; }
tree=$(git rev-parse "$commit^{tree}")
certificate=$2
notes=${3:-refs/notes/ci}

work=$(mktemp -d /tmp/by-hand.XXXXXX)
trap 'gpgconf --homedir "$work/gnupg" --kill all; rm -rf "$work"' EXIT
mkdir -m 700 "$work/gnupg"
export GNUPGHOME="$work/gnupg"
gpg --batch --quiet --import "$certificate"

# The note: one envelope a line, on the commit and on its tree.
for object in "$commit" "$tree"; do
    git notes --ref "$notes" show "$object" 2>/dev/null || true
done | sort -u > "$work/note"

passed=1
while IFS= read -r line; do
    # The envelope: payload and signature are base64 in JSON.
    printf '%s\n' "$line" | jq -r .payload | base64 -d > "$work/payload"
    printf '%s\n' "$line" | jq -r '.signatures[0].sig' | base64 -d > "$work/signature"
    type=$(printf '%s\n' "$line" | jq -r .payloadType)

    # What is signed: DSSEv1 SP length SP type SP length SP payload.
    {
        printf 'DSSEv1 %s %s %s ' "${#type}" "$type" "$(wc -c < "$work/payload" | tr -d ' ')"
        cat "$work/payload"
    } > "$work/signed"

    # The signature: gpg's words count, not its exit code.
    gpg --batch --status-fd 1 --verify "$work/signature" "$work/signed" > "$work/status" 2>/dev/null || true
    signer=$(sed -n 's/^\[GNUPG:\] VALIDSIG .* \([0-9A-F]*\)$/\1/p' "$work/status")
    grep -q '^\[GNUPG:\] GOODSIG ' "$work/status" && [ -n "$signer" ] || { echo "BAD SIGNATURE"; continue; }

    # The subject: the very tree of the commit.
    [ "$(jq -r '.subject[0].digest.gitTree' "$work/payload")" = "$tree" ] || { echo "ANOTHER TREE"; continue; }

    result=$(jq -r .predicate.result "$work/payload")
    echo "$result by $signer: $(jq -c '.predicate.localci.checks | map_values({passed, total, failed, skipped, percentage, issues_total} | del(..|nulls))' "$work/payload")"
    [ "$result" = PASSED ] && passed=0
done < "$work/note"
exit $passed
