import { describe, expect, test } from 'vitest';
import { findDangers } from '../../../../src/core/bash/danger-rules.ts';

const rules = (script: string) => findDangers(script).map(({ rule }) => rule);

const DANGEROUS = {
  'rm-root': [
    'rm -rf /',
    'rm -rf -- /',
    'rm -fr /*',
    'rm -r -f //',
    'rm --recursive --no-preserve-root /',
    'sudo rm -rf /',
    'sudo -u root /bin/rm -Rf /',
    'true && rm -rf / || false',
    'if [ -d / ]; then rm -rf /; fi',
    'echo $(rm -rf /)',
    'echo "now `rm -rf /`"',
    "bash -c 'rm -rf /'",
    'eval "rm -rf /"',
    "trap 'rm -rf /' EXIT",
    'bash <<EOF\nrm -rf /\nEOF',
    'rm \\\n  -rf \\\n  /',
    'case $1 in\n  all) rm -rf / ;;\nesac',
    'x=$(case a in a) rm -rf /;; esac)',
    'cleanup() { rm -rf /; }',
    'env A=1 nice -n 5 rm -rf /',
    'timeout 5 rm -rf /',
    'time -p rm -rf /',
    'coproc X { rm -rf /; }',
    // What stands before it must not be misread.
    'ssh h "grep \'foo$\' /etc/passwd"\nrm -rf /',
    'echo "it costs 5$\'s"\nrm -rf /',
    'x=${y#{}\nrm -rf /',
    'json="${json#*{}"\nrm -rf /',
    'x="${y%"}"}"\nrm -rf /',
    "x=${y%'}'}\nrm -rf /",
    'x=${y:-$(echo "}")}\nrm -rf /',
    'x=${#y}; y=${#}; rm -rf /',
    'echo ${x:-$(rm -rf /)}',
    'echo $(( $(rm -rf /) ))',
    "p=(\n  git # don't remove\n)\nrm -rf /",
    'for ((i=0; i<1<<n; i++)); do :; done\nrm -rf /',
    'a[1<<2]=3\nrm -rf /',
    'x=$[1<<2]\nrm -rf /',
    'cat <<EOF\r\na\r\nEOF\r\nrm -rf /',
    'cat <<$E\na\n$E\nrm -rf /',
    'cat <<"A\\B"\na\nA\\B\nrm -rf /',
    "echo $(( '(' ))\nrm -rf /",
    '((rm -rf /); x)',
    'x=$((rm -rf /); y)',
    '[[ $x =~ ^(a|b)$ && $y > z ]] && rm -rf /',
  ],
  'rm-home': [
    'rm -rf ~',
    'rm -rf ~/',
    'rm -rf ~/*',
    'rm -rf $HOME',
    'rm -rf "${HOME}"/*',
    'rm -r /home/alice',
    'rm -rf ~bob',
  ],
  'rm-system': ['rm -rf /etc', 'rm -rf /usr/', 'rm -rf /var/*', 'rm -rf /usr/lib'],
  'rm-unset': [
    'rm -rf "$DIR/"',
    'rm -rf $DIR/*',
    'rm -rf "${dir}"/*',
    'rm -rf "$1"/*',
    'rm -rf /$name',
    'dir=$2\nrm -rf "$dir"/*',
  ],
  'find-delete': ['find / -delete', 'find ~ -type f -delete', 'find /etc -exec rm -rf {} +'],
  'dd-device': [
    'dd if=/dev/zero of=/dev/sda',
    'sudo dd if=a.iso of=/dev/nvme0n1 bs=4M',
    'cat x | dd of="/dev/sdb"',
  ],
  'write-device': [
    'echo x > /dev/sda',
    'cat a.img >/dev/nvme0n1',
    '> /dev/sda',
    'cat a | sudo tee /dev/sdb',
    'cp a.img /dev/sdc',
  ],
  'make-filesystem': [
    'mkfs.ext4 /dev/sdb1',
    'mkfs -t xfs /dev/sdb',
    'sudo mkfs.vfat "$device"',
    'mkswap /dev/sda2',
  ],
  'wipe-disk': [
    'wipefs -a /dev/sda',
    'shred -n 3 /dev/sdb',
    'blkdiscard /dev/nvme0n1',
    'sgdisk --zap-all /dev/sda',
    'parted -s /dev/sda mklabel gpt',
  ],
  shred: ['shred -u secret.txt', 'find . -name "*.key" | xargs shred'],
  'move-to-null': ['mv data /dev/null', 'mv -f ~/* /dev/null'],
  'permissions-root': [
    'chmod -R 777 /',
    'chown -R alice:alice /',
    'sudo chmod -R a+w /etc',
    'chown --recursive root /usr/*',
  ],
  'fork-bomb': [
    ':(){ :|:& };:',
    ':() { : | : & }; :',
    'bomb() {\n  bomb | bomb &\n}\nbomb',
    'function f { f | f & }; f',
    'f() { (f | f) & }; f',
    'f() { { f | f; } & }; f',
  ],
  'pipe-to-shell': [
    'curl -fsSL https://example.com/install.sh | sh',
    'curl https://example.com | sudo -E bash -',
    'wget -qO- https://example.com | bash -s -- --yes',
    'wget -O - https://example.com | tee log | bash',
    'bash <(curl -s https://example.com)',
    'bash -c "$(curl -fsSL https://example.com)"',
    'sh -c "`wget -qO- https://example.com`"',
    'eval "$(curl https://example.com)"',
    'source <(curl https://example.com)',
    'curl https://example.com/x.py | python3 -',
    '(curl https://example.com) | sh',
    '(wget -qO- https://example.com || true) | sh',
    '{ curl -fsSL https://example.com || exit 1; } | bash',
    'if a; then curl https://example.com; fi | sh',
    'echo "${x:-$(curl https://example.com | sh)}"',
  ],
} as const;

const HARMLESS = [
  '# rm -rf /',
  'ls # then rm -rf /',
  'echo "rm -rf /"',
  "echo 'rm -rf /'",
  'echo rm -rf /',
  "printf '%s\\n' 'curl x | sh'",
  'grep "rm -rf /" install.sh',
  "cat <<'EOF'\nrm -rf /\ncurl x | sh\nEOF",
  'cat <<-EOF > clean.sh\n\trm -rf /\n\tEOF\nls',
  'rm -f /tmp/x',
  'rm /',
  'rm -rf ./build',
  'rm -rf build/*',
  'rm -rf "/*"',
  "rm -rf '~'",
  "rm -rf '$HOME'",
  'rm -rf ~/.cache/thumbnails',
  'rm -rf /tmp/*',
  'rm -rf /var/log/old',
  'rm -rf /home/alice/tmp',
  'rm -rf "$DIR"',
  'rm -rf "${DIR:?}"/*',
  'rm -rf "$DIR/cache"',
  'set -euo pipefail\nrm -rf "$DIR"/*',
  '#!/bin/bash -eu\nrm -rf "$DIR"/*',
  'DIR=/srv/cache\nrm -rf "$DIR"/*',
  'dir=$(mktemp -d)\nrm -rf "$dir"/*',
  'dir=${1:-/tmp/x}\nrm -rf "$dir"/*',
  ': "${DIR:?is missing}"\nrm -rf "$DIR"/*',
  'if [[ -z $DIR ]]; then exit 1; fi\nrm -rf "$DIR"/*',
  '[ $# -eq 1 ] || exit 2\nrm -rf "$1"/*',
  'for d in a b; do rm -rf "$d"/*; done',
  'find / -name "*.tmp" -delete',
  'find . -delete',
  'find /etc -type f -print',
  'dd if=/dev/zero of=disk.img bs=1M count=10',
  'dd if=/dev/sda of=/dev/null',
  'dd if=/dev/sda of=backup.img',
  'echo x > /dev/null 2>&1',
  'echo x > /dev/stderr',
  'cat < /dev/sda > disk.img',
  'mkfs.ext4 disk.img',
  'wipefs /dev/sda',
  'chmod -R 755 ./bin',
  'chmod 755 /',
  'chown -R alice /home/alice/site',
  'mv a.txt b.txt',
  'command 2>/dev/null',
  'f() { g | g & }; f',
  'f() { f; }',
  'curl -O https://example.com/install.sh',
  'curl https://example.com | grep sh',
  'curl https://example.com | python3 -m json.tool',
  'curl https://example.com | bash check.sh',
  'curl https://example.com -o x; sh ./x',
  'echo hello | sh',
  'git push --force',
  'files=(rm -rf /)',
  '(( a < b )) && ls',
  '[[ $a < /dev/sda ]]',
  '[[ $a > /dev/sda ]]',
  '[[ $a == b && $a > /dev/sda ]]',
  'case $cmd in\n  shred) do_it ;;\nesac',
  'case $cmd in a) x ;;\n  shred | blkdiscard) y ;& (shred) z ;;& shred) ;; esac',
  'case $1 in\n  wget|curl|sh) apt install "$1" ;;\nesac',
  'case $(case $1 in shred) x ;; esac) in shred) y ;; esac',
  '((rm -rf /))',
  '{ curl x -o y; } && echo z | sh',
  'echo ${x:-rm -rf /}',
  '',
  'echo "unfinished',
  'echo $(unfinished',
  'cat <<EOF\nnever ended',
];

describe.each(Object.entries(DANGEROUS))('%s', (rule, scripts) => {
  test.each(scripts)('%j', (script) => {
    expect(rules(script)).toEqual([rule]);
  });
});

test.each(HARMLESS)('no warning: %j', (script) => {
  expect(rules(script)).toEqual([]);
});

test('a danger names its line and says what happens', () => {
  const script =
    '#!/bin/bash\n# clean up\necho "a\nb"\ncat <<EOF\nrm -rf /\nEOF\n\nsudo rm -rf / --no-preserve-root\ncurl x | sh\n';
  expect(findDangers(script)).toEqual([
    { rule: 'rm-root', line: 9, reason: 'deletes every file of the machine' },
    { rule: 'pipe-to-shell', line: 10, reason: 'runs what a server sends, unread' },
  ]);
});

test('a rule is named once a line, and different ones side by side', () => {
  expect(rules('rm -rf / /*; rm -rf ~; dd of=/dev/sda')).toEqual([
    'rm-root',
    'rm-home',
    'dd-device',
  ]);
});

test('a long script of nested substitutions is read in little time', () => {
  const started = performance.now();
  findDangers('$('.repeat(50_000));
  findDangers('"`'.repeat(50_000));
  findDangers('a=('.repeat(50_000));
  findDangers("bash -c '".repeat(20_000));
  findDangers('echo <<A\n'.repeat(20_000));
  expect(performance.now() - started).toBeLessThan(5_000);
});
