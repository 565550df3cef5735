int f(int n, const char s[])
{
    long char c; //~ E0001 `long char` is not a type
    n = 5uu; //~ E0001 no constant has the suffix `uu`
    n = 099; //~ E0001 a constant that begins with 0 is octal
    n = 'ab'; //~ E0001 a character constant holds one character
    n = '\q'; //~ E0001 no escape is written
    int t[] = "abc"; //~ E0015 only an array of `char`
    return n;
}
