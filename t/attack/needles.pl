# needles.pl [--strace] KEY FILE...: looks in each file for pieces of the private key KEY (PEM): its bytes, also in the other order, as
# hex digits, as the lines of the PEM, and the scalar that Ed25519 makes of its seed. Sixteen bytes in a row are enough to be
# found. Prints where; the status is 0 when something was found, 1 when nothing was. The files are what strace -xx wrote with
# --strace, and it prints the calls.
use strict;
use warnings;
use Digest::SHA 'sha512';
use MIME::Base64;

my $strace = $ARGV[0] eq '--strace' && shift;
my ($key, @files) = @ARGV;
my $pem = slurp($key);
my ($body) = $pem =~ /-----BEGIN PRIVATE KEY-----\n(.*)-----END/s or die "$key: no private key\n";
my $der = decode_base64($body);
my %secret; # name => bytes
my $private_from;

sub slurp {
	open my $f, '<:raw', $_[0] or die "$_[0]: $!\n";
	local $/;
	return <$f> // '';
}

if (length $der < 64) {
	my $seed = substr $der, -32;
	my $az = sha512($seed);
	my @a = unpack 'C*', substr $az, 0, 32;
	$a[0] &= 248;
	$a[31] = $a[31] & 63 | 64;
	%secret = (seed => $seed, 'half hash' => $az, scalar => pack 'C*', @a);
	$private_from = length($der) - 32;
} else {
	my ($name, %hex);
	for (split /\n/, qx(openssl rsa -in '$key' -noout -text)) {
		if (/^(\w+):/) { $name = $1 }
		elsif (/^ +([0-9a-f:]+)$/ && $name) { $hex{$name} .= $1 }
	}
	for (qw(privateExponent prime1 prime2 exponent1 exponent2 coefficient)) {
		die "$key: no $_\n" unless $hex{$_};
		$hex{$_} =~ tr/://d;
		($secret{$_} = pack 'H*', $hex{$_}) =~ s/^\0+//;
	}
	$private_from = index $der, $secret{privateExponent};
}

my %needle; # bytes => name
for my $name (keys %secret) {
	my $s = $secret{$name};
	for (my $i = 0; $i + 16 <= length $s; $i += 8) {
		my $piece = substr $s, $i, 16;
		$needle{$piece} = "$name at $i";
		$needle{scalar reverse $piece} = "$name at $i, reversed";
		$needle{unpack 'H*', $piece} = "$name at $i, hex";
		$needle{uc unpack 'H*', $piece} = "$name at $i, HEX";
	}
}
# The lines of the PEM from where the private half begins.
my $text = encode_base64($der, '');
for (my $i = 4 * int(($private_from + 2) / 3); $i + 20 <= length $text; $i += 16) {
	$needle{substr $text, $i, 20} = "PEM at $i" unless $i % 64 > 44;
}

my $found = 0;

sub search {
	my ($where, $bytes) = @_;
	for (sort keys %needle) {
		next if index($bytes, $_) < 0;
		print "$where: $needle{$_}\n";
		$found = 1;
		return if $strace;
	}
}

for my $file (@files) {
	my $text = slurp($file);
	if (!$strace) {
		search($file, $text);
		next;
	}
	for (split /\n/, $text) {
		my ($call) = /^([^"]*)/;
		s/\\x([0-9a-f]{2})/chr hex $1/ge;
		search($call, $_);
	}
}
exit !$found;
