f(int x) //~ E0001 a function is wanted here, not `f`
{
    return x;
}

int g(int x) return x; //~ E0001 the function's body is wanted here, not `return`
