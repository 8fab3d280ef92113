# What a container can see and do, looked at from inside. Prints `section<TAB>key<TAB>value` lines. Perl, since every
# Debian has it, its syscall() reaches any number, and fork() keeps each try apart.
use strict;
use warnings;
use POSIX ();
use Fcntl;

$| = 1;
my %wanted = map { $_ => 1 } @ARGV;
my $all = !@ARGV;

sub report { print join("\t", @_), "\n" }
sub slurp { my ($path) = @_; local $/; open(my $file, '<', $path) or return ''; my $text = <$file>; return $text // '' }
sub errno_of { return $!{ENOENT} ? 'ENOENT' : (grep { $!{$_} } keys %!)[0] // 'none' }

# What the number's call answers to arguments that are never valid: 0, an errno's name, or how the try ended. Numbers
# that would stop the parent (vfork) or say nothing (exit, exit_group) are left out.
sub system_calls {
  my %skip = map { $_ => 1 } (58, 60, 231);
  for my $number (0 .. 480, 500, 999) {
    next if $skip{$number};
    my $child = fork() // die "fork: $!";
    if ($child == 0) {
      open(STDERR, '>', '/dev/null');
      alarm(1);
      my $result = syscall($number, -1, -1, -1, -1, -1, -1);
      POSIX::_exit($result == -1 ? $! + 0 : 0);
    }
    waitpid($child, 0);
    my $signal = $? & 127;
    local $! = $? >> 8;
    report('syscall', $number, $signal ? "signal $signal" : $? ? errno_of() : 'OK');
  }
}

# Three levels of /proc and /sys: r where a byte can be read, w where it can be opened for writing, d for folders whose
# names can be listed. Processes and numbered things go by N.
sub kernel_files {
  my %seen;
  my $walk;
  $walk = sub {
    my ($path, $depth) = @_;
    opendir(my $folder, $path) or return;
    my @names = sort grep { !/^\.\.?$/ } readdir($folder);
    closedir($folder);
    for my $name (@names) {
      my $full = "$path/$name";
      next if -l $full || $full =~ m{^/proc/(\d+|thread-self|self|kpage\w+)$} || $name =~ /^trace_pipe|^kmsg$/;
      (my $key = $full) =~ s/\d+/N/g;
      if (-d $full) { $walk->($full, $depth + 1) if $depth < 4; next }
      next if $seen{$key}++;
      my $access = '';
      if (sysopen(my $file, $full, O_RDONLY | O_NONBLOCK)) { my $byte; $access .= 'r' if defined(sysread($file, $byte, 1)) && length($byte // ''); close($file) }
      if (sysopen(my $file, $full, O_WRONLY | O_NONBLOCK)) { $access .= 'w'; close($file) }
      report('file', $key, $access eq '' ? '-' : $access);
    }
  };
  $walk->($_, 0) for '/proc', '/sys';
}

# The nodes of /dev with their modes, and what can be opened when it is made.
sub devices {
  for my $name (sort map { s{^/dev/}{}r } glob('/dev/*')) {
    my @stat = lstat("/dev/$name");
    my $kind = -l _ ? 'link ' . readlink("/dev/$name") : -d _ ? 'folder' : -c _ ? 'c' : -b _ ? 'b' : 'file';
    my $numbers = -c _ || -b _ ? sprintf(' %d:%d', $stat[6] >> 8 & 0xfff, $stat[6] & 0xff) : '';
    $kind =~ s/\d+/N/g if -l "/dev/$name";
    report('device', $name, sprintf('%s%s %04o', $kind, $numbers, $stat[2] & 07777));
  }
  my @tries = ((map { "c 1:$_" } 1 .. 11), (map { "c 5:$_" } 0 .. 3), map { $_ } ('c 4:0', 'c 10:200', 'c 10:229', 'c 10:232', 'c 136:0', 'c 188:0', 'c 195:0', 'c 226:0', 'b 7:0', 'b 8:0', 'b 254:0', 'b 259:0', 'b 1:0'));
  for my $try (@tries) {
    my ($kind, $major, $minor) = $try =~ /^(.) (\d+):(\d+)$/;
    my $path = "/tmp/node";
    unlink $path;
    if (system("mknod $path $kind $major $minor 2>/dev/null") != 0) { report('open', $try, 'not made'); next }
    my %found;
    for my $mode (['r', O_RDONLY], ['w', O_WRONLY]) { $found{$mode->[0]} = sysopen(my $file, $path, $mode->[1] | O_NONBLOCK | O_NOCTTY) ? 'OK' : errno_of() }
    # EPERM is the cgroup's answer; any other comes from a driver, which was reached.
    report('open', $try, join(' ', map { $found{$_} eq 'EPERM' ? "$_ refused" : "$_ reached" } 'r', 'w'));
    unlink $path;
  }
}

sub process {
  my $status = slurp('/proc/self/status');
  for my $key (qw(CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Groups Uid Gid Umask)) {
    my ($value) = $status =~ /^$key:\s*(.*?)\s*$/m;
    report('process', $key, $value // '');
  }
  report('process', 'oom_score_adj', slurp('/proc/self/oom_score_adj') =~ s/\s//gr);
  report('process', 'uid_map', join(' ', split(' ', slurp('/proc/self/uid_map'))));
  report('process', 'descriptors', join(' ', grep { -e "/proc/self/fd/$_" && $_ > 2 } map { s{.*/}{}r } glob('/proc/self/fd/*')) || 'none');
  report('process', 'namespace', $_ . ' ' . (readlink("/proc/self/ns/$_") // '')) for qw(cgroup ipc mnt net pid time user uts);
  for my $line (split /\n/, slurp('/proc/self/mountinfo')) {
    my @fields = split ' ', $line;
    my ($type) = $line =~ / - (\S+)/;
    report('mount', $fields[4] =~ s/\d+/N/gr, "$type $fields[5]");
  }
}

process() if $all || $wanted{process};
devices() if $all || $wanted{devices};
system_calls() if $all || $wanted{syscalls};
kernel_files() if $all || $wanted{files};
