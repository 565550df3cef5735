//! test parse ir interp

// What a constant is worth, and of which type it is.
int radix()
{
    return 0x1F + 010 + 0XaB;
}

int characters()
{
    return 'a' + '\n' + '\0' + '\'' + '\\' + '\x41' + '\101';
}

int signs()
{
    return '\xff';
}

int sizes()
{
    return sizeof 1 + 10 * sizeof 1L + 100 * sizeof 1u + 1000 * sizeof 2147483648 + 10000 * sizeof 'a';
}

int least()
{
    return sizeof(-2147483648) == 8 && -2147483648 - 1 == -2147483649 && sizeof 0xFFFFFFFF == 4;
}

int largest()
{
    return 18446744073709551615u == -1 && 0xFFFFFFFFFFFFFFFF == -1UL && 9223372036854775807LL > 0;
}

int text(int i)
{
    char s[] = "ab\t\"c";
    const char t[8] = "xy";
    char exact[2] = "no";
    return s[i] + t[i] * 1000 + sizeof s * 1000000 + exact[i % 2] / 110 * 100000000;
}
//! run radix() == 210
//! run characters() == 368
//! run signs() == -1
//! run sizes() == 48484
//! run least() == 1
//! run largest() == 1
//! run text(0) == 106120097
//! run text(1) == 106121098
//! run text(2) == 106000009
//! run text(5) == 106000000
//! run text(6) traps out_of_bounds
