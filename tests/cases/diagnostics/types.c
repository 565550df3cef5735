int f(int n)
{
    float x = 1; //~ E0002 floating-point numbers are not in the subset
    double y; //~ E0002 floating-point numbers are
    volatile int c; //~ E0002 type qualifiers other than `const` are
    extern int e; //~ E0002 storage classes are
    const static int s; //~ E0001 `static` has no place here
    enum color r = 1; //~ E0002 variables of an enumeration are
    size_t z = 3; //~ E0002 `size_t` is not a type
    void v; //~ E0001 `void` only says
    return n;
}
