"""The commands that an administrator meets in a normal year; decides which tldr pages weigh more in training."""

EVERYDAY_TOOLS = frozenset(
    """
    alias apt apt-cache apt-get apt-mark aptitude ar arch arp at atq atrm awk b2sum base32 base64 basename bash batch bc
    bg blkid bunzip2 bzcat bzip2 caller cal case cat cd chage chattr chgrp chmod chown chpasswd chroot chsh chvt cksum
    clear cmp column comm command cp cpio cron crontab csplit curl cut date dc dd declare df diff diff3 dig dirname
    dirs dmesg dmidecode dnf docker dos2unix dpkg dpkg-query du echo ed egrep env ethtool eval exec exit expand export
    expr factor fallocate false fc fdisk fg fgrep file find findmnt flock fmt fold for free fsck ftp function fuser
    gawk getconf getent getfacl getopts git gpasswd gpg grep groupadd groupdel groupmod groups gunzip gzip halt hash
    head help hexdump history host hostname hostnamectl htop iconv id if ifconfig ifdown ifup info install ionice
    iostat ip iptables ipcs join journalctl jobs jq kill killall last lastb lastlog ldd less let link ln local locale
    locate logger login logname logout logrotate look losetup ls lsattr lsb_release lsblk lscpu lshw lsmod lsof lspci
    lsusb lvcreate lvextend lvs mail make man mapfile md5sum mesg mkdir mkfifo mkfs mknod mkswap mktemp modprobe more
    mount mountpoint mpstat mv mysql mysqldump nano nc netcat netstat newgrp nice nl nmap nohup nproc nslookup od
    openssl parted passwd paste patch pathchk perl pgrep pidof ping pip pip3 pkill pmap popd poweroff pr printenv
    printf ps pstree psql pg_dump pushd pv pwd python python3 pwdx pvcreate pvs read readarray readlink readonly realpath reboot
    rename renice reset resize2fs return rev rm rmdir rmmod route rsync runuser sar scp screen script sdiff sed seq
    select service set setfacl sftp sh sha1sum sha224sum sha256sum sha384sum sha512sum shift shopt shred shuf
    shutdown sleep sort source split ss ssh ssh-add ssh-agent ssh-copy-id ssh-keygen ssh-keyscan sshd sshfs stat
    stdbuf strace strings stty su sudo sum swapoff swapon sync sysctl systemctl systemd-analyze systemd-run tac tail
    tar taskset tcpdump tee telnet test time timedatectl timeout times tmux top touch tput tr traceroute trap tree
    true truncate tsort tty type ufw ulimit umask umount unalias uname unexpand uniq units unix2dos unlink unset
    unxz unzip update-alternatives uptime useradd userdel usermod users vi vim visudo vgcreate vgs vmstat w wait wall
    watch wc wget whatis whereis which while who whoami whois write xargs xdg-open xmllint xxd xz xzcat yes yum zcat
    zgrep zip zipinfo zless zmore
    """.split()
)
