# Random texts cut by Perl's regular expressions with the pattern of Qwen2's pre-tokenizer: perl pieces.pl > pieces.txt
# A line is a text, its pieces separated by commas, the code points of a piece in hexadecimal by spaces. Made with Perl 5.36.0.
use strict;
use utf8;

srand(7);
my @parts = ("'", "'", "s", "t", "re", "ve", "m", "ll", "d", "S", "LL", "a", "B", "é", "漢", "𝐇", "𠀀", "𝟏", "१", "²", "Ⅷ", "1", "9",
    " ", " ", "  ", "\n", "\r", "\t", "\x{0b}", "\x{1c}", "\x{85}", "\x{a0}", "\x{2028}", "\x{3000}", "\x{feff}",
    "!", "…", "_", "-", "🦙", "\x{200d}", "\x{301}", "\x{17f}", "ǅ", "ʰ", "\x{10FFFF}");
my $pattern = qr/(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/;
for (1 .. 1500) {
    my $text = join('', map { $parts[int rand @parts] } 1 .. (1 + int rand 14));
    my @pieces;
    push @pieces, join(' ', map { sprintf '%x', ord } split //, $1) while $text =~ /($pattern)/g;
    print join(',', @pieces), "\n";
}
