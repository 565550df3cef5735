int g(short a[])
{
    return a[0];
}

int f(int n, int a[], const short b[])
{
    switch (n) {
    case 1:
    case n: //~ E0001 a constant is wanted here
        n = 1;
    case 1: //~ E0011 this label stands twice
        break;
    }
    case 3: //~ E0001 `case` and `default` stand only in the body of a `switch`
    switch (n) {
    case 1:
        int x = 3;
    default: //~ E0002 a label after a declaration
        n = x;
        while (n) {
            case 5: //~ E0001 `case` and `default` stand only in the body of a `switch`
            n--;
        }
        continue; //~ E0017 `continue` outside a loop
    }
    const int k = 3;
    k = 4; //~ E0016 `k` is `const` and cannot be written
    b[0] = 'a'; //~ E0016 `b` is `const` and cannot be written
    n = g(a); //~ E0015 the parameter `a` points to `short`, and this to `int`
    n = g(b); //~ E0015 the parameter `a` may write to this, which is `const`
    enum { BIG = 3000000000 }; //~ E0009 the constant `BIG` does not fit in `int`
    BIG = 3; //~ E0016 `BIG` is a constant, not a variable
    return n;
}
