//! test parse ir interp

int least()
{
    return -2147483648;
}

int greatest()
{
    return 2147483647;
}

int signs()
{
    return - 1 - -1 - (-1) + +1 - - -1;
}

int initial()
{
    int x = -4;
    return x;
}
//! run least() == -2147483648
//! run greatest() == 2147483647
//! run signs() == 1
//! run initial() == -4
