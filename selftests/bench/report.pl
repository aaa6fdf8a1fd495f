#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# report.pl FOLDER [JSON-FILE]: the tables from what the runs left in FOLDER
# (native.KIND and guest.KIND of the kinds wall, insn, net, smp, costs; paths; timers.timers; those that are there).
# A ratio is guest to native, turned for rates: larger is slower. '!' stands where
# a ratio is over its bar. BENCH_STAT=min: the best of all calls, not their median.
use strict;
use warnings;
use FindBin;

my ($folder, $json) = @ARGV;
my $best = ($ENV{BENCH_STAT} // '') eq 'min';
my %rate = map { $_ => 1 } qw(MB/s Mbit/s IOPS x);
my @kinds = qw(wall insn net smp);
my $timer_bar_us = 50;
my (%bars, %rows, @order, %seen, @missed);

sub lines
{
	my ($file) = @_;
	open(my $f, '<', $file) or return ();
	my @lines = <$f>;
	s/[\r\n]+$// for @lines;
	return @lines;
}

# 'R row median min max unit reps iterations'; under -icount 1 ns is 1 instruction.
sub load
{
	my ($kind, $where) = @_;
	for (lines("$folder/$where.$kind")) {
		my ($name, $median, $min, $max, $unit) = /^R (\S+) (\S+) (\S+) (\S+) (\S+)/ or next;
		$median = $rate{$unit} ? $max : $min if $best;
		($median, $unit) = ($median * 1000, 'instr.') if $kind eq 'insn' && $unit eq 'us';
		$rows{$kind}{$name}{unit} = $unit;
		$rows{$kind}{$name}{$where} = $median;
		push @order, $name unless $seen{$name}++;
	}
}

sub ratio
{
	my ($row) = @_;
	my ($native, $guest) = @$row{qw(native guest)};
	return undef unless $native && $guest;
	return $rate{$row->{unit}} ? $native / $guest : $guest / $native;
}

# Four digits that count.
sub figure
{
	my ($v) = @_;
	return '-' unless defined $v;
	return sprintf($v >= 1000 ? '%.0f' : $v >= 100 ? '%.1f' : $v >= 10 ? '%.2f' : '%.3f', $v);
}

sub table
{
	my ($kind, $title) = @_;
	my $have = $rows{$kind} or return;
	print "\n$title\n\n";
	print "| row | unit | native | guest | ratio | bar | Xen PV | KVM |\n";
	print "|---|---|---|---|---|---|---|---|\n";
	my ($held, $over) = (0, 0);
	for my $name (grep { $have->{$_} } @order) {
		my $row = $have->{$name};
		my $ratio = ratio($row);
		my ($bar, $xen, $kvm) = @{$bars{$name} || [('-') x 6]}[$kind eq 'insn' ? (3 .. 5) : (0 .. 2)];
		my $mark = '';
		if ($bar ne '-') {
			my $bad = !defined $ratio || $ratio > $bar;
			$bad ? $over++ : $held++;
			push @missed, "$name ($kind)" if $bad;
			$mark = ' !' if $bad;
		}
		printf("| %s | %s | %s | %s | %s%s | %s | %s | %s |\n", $name, $row->{unit},
		       figure($row->{native}), figure($row->{guest}),
		       defined $ratio ? sprintf('%.2f', $ratio) : '-', $mark, $bar, $xen, $kvm);
	}
	printf("\n%d rows hold their bar, %d do not.\n", $held, $over);
}

sub json_rows
{
	my ($kind) = @_;
	my @out;
	for my $name (grep { $rows{$kind}{$_} } @order) {
		my $row = $rows{$kind}{$name};
		my $ratio = ratio($row);
		push @out, sprintf('{"name":"%s","unit":"%s","native":%s,"guest":%s,"ratio":%s}',
				   $name, $row->{unit},
				   map { defined $_ ? sprintf('%.6g', $_) : 'null' }
				   $row->{native}, $row->{guest}, $ratio);
	}
	return join(",\n", @out);
}

# Medians of 'path NAME instructions CR3-writes'; NAME_in_64 is of 64 things at once.
sub paths
{
	my (%walks, @names);
	for (lines("$folder/paths")) {
		my ($name, $instructions, $cr3) = /^path (\S+) (\d+) (\d+)/ or next;
		push @names, $name unless $walks{$name};
		my $per = $name =~ /_in_(\d+)$/ ? $1 : 1;
		push @{$walks{$name}[0]}, $instructions / $per;
		push @{$walks{$name}[1]}, $cr3 / $per;
	}
	return map {
		my ($instructions, $cr3) = map { (sort { $a <=> $b } @$_)[@$_ / 2] } @{$walks{$_}};
		[$_, sprintf('%.4g', $instructions), sprintf('%.3g', $cr3)]
	} @names;
}

# Of one machine: names in their order, and of each the medians of what one operation costs the program's CPU (a guest's core) and all others.
sub counted
{
	my ($where) = @_;
	my @counted = map { /^cost (\S+) (\d+) (\d+)/ ? [$1, $2, $3] : () } lines("$folder/counted.$where");
	my (%each, @names);
	for (lines("$folder/$where.costs")) {
		my ($name, $n) = /^C (\S+) (\d+)/ or next;
		my $c = shift @counted or die "$where: $name was not counted\n";
		die "$where: $c->[0] was counted for $name\n" if $c->[0] ne $name;
		push @names, $name unless $each{$name};
		push @{$each{$name}[$_]}, $c->[$_ + 1] / $n for 0, 1;
	}
	return (\@names, { map { my $e = $each{$_}; $_ => [map { (sort { $a <=> $b } @$_)[@$_ / 2] } @$e] } @names });
}

# [name, native, guest's core, host]
sub costs
{
	my ($names, $native) = counted('native');
	my (undef, $guest) = counted('guest');
	return map { [$_, $native->{$_}[0] + $native->{$_}[1], @{$guest->{$_}}] } grep { $guest->{$_} } @$names;
}

# [name, median, 99 of 100, worst], in us
sub timers
{
	return map { /^timer (\S+) (\d+) (\d+) (\d+)/ ? [$1, map { $_ / 1000 } $2, $3, $4] : () } lines("$folder/timers.timers");
}

for (grep { !/^#/ } lines("$FindBin::Bin/bars.tsv")) {
	my ($name, @figures) = split /\t/;
	$bars{$name} = \@figures;
}
for my $kind (@kinds) {
	load($kind, $_) for qw(native guest);
}
my @paths = paths();
my @costs = costs();
my @timers = timers();

table('wall', 'Wall clock (MTTCG)');
table('net', 'Networks, wall clock (MTTCG; natively a veth pair on a bridge, all CPUs)');
table('smp', 'A build by make -j2 on one CPU and on both, wall clock (MTTCG; two CPUs natively, two cores taken)');
table('insn', 'Instructions executed (-icount)');
if (@paths) {
	print "\nInstructions of the gate and the hypervisor, and CR3 writes, on one path\n\n";
	print "| path | instructions | CR3 writes |\n|---|---|---|\n";
	printf("| %s | %s | %s |\n", $_->[0] =~ s/_/ /gr, @$_[1, 2]) for @paths;
	# A switch among many costs at most twice what one among few does.
	my @among = sort { $a <=> $b } map { $_->[0] =~ /_among_\d+/ ? $_->[1] : () } @paths;
	push @missed, 'vcpu_switch_among (paths)' if @among && $among[-1] > 2 * $among[0];
}
if (@timers) {
	print "\nHow late a one-shot timer is, us (-icount)\n\n";
	print "| vCPU | median | 99 % | worst | bar of 99 % |\n|---|---|---|---|---|\n";
	for (@timers) {
		my $bad = $_->[2] > $timer_bar_us;
		push @missed, "$_->[0] (timers)" if $bad;
		printf("| %s | %.2f | %.2f%s | %.2f | %d |\n", @$_[0 .. 2], $bad ? ' !' : '', $_->[3], $timer_bar_us);
	}
}
if (@costs) {
	print "\nInstructions of all CPUs for one operation (natively: a veth pair on a bridge, a virtio disk)\n\n";
	print "| operation | native | guest's core | host | both | ratio |\n|---|---|---|---|---|---|\n";
	for (@costs) {
		my ($name, $native, $core, $host) = @$_;
		printf("| %s | %.0f | %.0f | %.0f | %.0f | %.2f |\n", $name, $native, $core, $host, $core + $host, ($core + $host) / $native);
	}
}
if ($json) {
	open(my $f, '>', $json) or die "$json: $!\n";
	print $f "{\"rows\":[\n", join(",\n", grep { length } map { json_rows($_) } qw(wall net smp)), "\n],\n\"instructions\":[\n", json_rows('insn'),
	      "\n],\n\"paths\":[\n",
	      join(",\n", map { sprintf('{"name":"%s","instructions":%s,"cr3_writes":%s}', @$_) } @paths),
	      "\n],\n\"timers_us\":[\n",
	      join(",\n", map { sprintf('{"name":"%s","median":%.3g,"p99":%.3g,"worst":%.3g}', @$_) } @timers),
	      "\n],\n\"costs\":[\n",
	      join(",\n", map { sprintf('{"name":"%s","native":%.0f,"guest":%.0f,"host":%.0f}', @$_) } @costs),
	      "\n]}\n";
	close($f) or die "$json: $!\n";
}
if (@missed) {
	print "\nmissed: ", join(', ', @missed), "\n";
	exit 1;
}
