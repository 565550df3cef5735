int f(int n)
{
    float x = 1; //~ E0002 floating-point numbers are not in the subset
    double y; //~ E0002 floating-point numbers are
    char c; //~ E0002 integer types other than `int` are
    unsigned int u = 1; //~ E0002 integer types other than `int` are
    long l; //~ E0002 integer types other than `int` are
    const int k = 3; //~ E0002 type qualifiers are
    static int s; //~ E0002 storage classes are
    size_t z = 3; //~ E0002 `size_t` is not a type
    void v; //~ E0001 `void` only says
    return n;
}
